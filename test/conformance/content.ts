// Turns executable content (`raise`, `send`, `assign`, `if`, …) into actions.
//   E1. One element is one action, resolved in document order against what the ones before it assigned.
//   E2. An unknown element is an error.
import { assign, cancel, log, raise, type UnknownAction } from 'xstate'
import { enqueueContent } from './action.ts'
import { createCondition } from './condition.ts'
import type { Datamodel } from './datamodel.ts'
import { createSend } from './send.ts'
import type { Element } from './xml.ts'

type Compile = (element: Element, datamodel: Datamodel) => UnknownAction
type Branch = { readonly cond: string; readonly content: readonly Element[] }

const ELEMENTS: Readonly<Record<string, Compile>> = {
  raise: ({ attributes }) => raise({ type: attributes.event ?? '' }),
  send: createSend,
  cancel: ({ attributes }) => cancel(attributes.sendid ?? ''),
  assign: ({ attributes }, datamodel) => assignment(`${attributes.location} = (${attributes.expr})`, datamodel),
  script: ({ text }, datamodel) => assignment(text, datamodel),
  log: ({ attributes }, datamodel) => {
    const value = datamodel.expression(attributes.expr ?? 'undefined')
    return log((moment) => value(moment), attributes.label)
  },
  if: choice,
}

export function createActions(content: readonly Element[], datamodel: Datamodel): UnknownAction[] {
  return content.map((element) => {
    const compile = ELEMENTS[element.name]
    if (!compile) throw new Error(`<${element.name}> is not supported as executable content: add it to content.ts`)
    return compile(element, datamodel)
  })
}

function assignment(statements: string, datamodel: Datamodel): UnknownAction {
  const run = datamodel.assignment(statements)
  return assign((moment) => ({ data: run(moment) }))
}

function choice(element: Element, datamodel: Datamodel): UnknownAction {
  const branches = branchesOf(element).map(({ cond, content }) => ({
    condition: createCondition(cond, datamodel.expression(cond)),
    actions: createActions(content, datamodel),
  }))
  return enqueueContent(({ check, enqueue }) => {
    const chosen = branches.find(({ condition }) => check(condition))
    for (const action of chosen?.actions ?? []) enqueue(action)
  })
}

// `elseif` and `else` are empty elements between the contents that they part.
function branchesOf({ attributes, children }: Element): readonly Branch[] {
  const branches = [{ cond: attributes.cond ?? '', content: [] as Element[] }]
  for (const child of children) {
    if (child.name === 'elseif') branches.push({ cond: child.attributes.cond ?? '', content: [] })
    else if (child.name === 'else') branches.push({ cond: 'true', content: [] })
    else branches.at(-1)?.content.push(child)
  }
  return branches
}
