// Reads the small part of XML that the suite is written in: elements, attributes, text, comments, CDATA and entities.
//   X1. A namespace prefix in an element's name is dropped.   X2. What it does not know is an error, never skipped.
export type Element = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

type Draft = { name: string; attributes: Record<string, string>; children: Draft[]; text: string }

const MARKUP =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:"[^"]*"|'[^']*'|[^"'>])*?)(\/?)>/g
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

export function parseXml(source: string): Element {
  const top = draft('', '')
  const open: Draft[] = [top]
  let position = 0
  for (const match of source.matchAll(MARKUP)) {
    const parent = open.at(-1)!
    parent.text += plainText(source.slice(position, match.index))
    position = match.index + match[0].length
    apply(match, parent, open)
  }
  const root = top.children[0]
  if (open.length !== 1 || top.children.length !== 1 || !root) throw new Error('XML: there must be one closed root')
  return root
}

/** The direct children with this name. */
export function only(element: Element, name: string): readonly Element[] {
  return element.children.filter((child) => child.name === name)
}

function apply(match: RegExpExecArray, parent: Draft, open: Draft[]): void {
  const [, cdata, closing, opening, attributes, empty] = match
  if (cdata !== undefined) parent.text += cdata
  if (closing !== undefined) {
    if (parent.name !== localName(closing)) throw new Error(`XML: </${closing}> closes <${parent.name}>`)
    open.pop()
  }
  if (opening === undefined) return
  const element = draft(localName(opening), attributes ?? '')
  parent.children.push(element)
  if (!empty) open.push(element)
}

function draft(name: string, attributes: string): Draft {
  const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key, double, single]) => [
    key,
    decode(double ?? single ?? ''),
  ])
  return { name, attributes: Object.fromEntries(pairs), children: [], text: '' }
}

function plainText(text: string): string {
  if (text.includes('<')) throw new Error(`XML: cannot read ${text.trim().slice(0, 40)}`)
  return decode(text)
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function decode(text: string): string {
  return text.replace(/&(#x?)?(\w+);/g, (whole, numeric: string | undefined, body: string) => {
    if (numeric) return String.fromCodePoint(Number.parseInt(body, numeric === '#x' ? 16 : 10))
    const character = ENTITIES[body]
    if (character === undefined) throw new Error(`XML: unknown entity ${whole}`)
    return character
  })
}
