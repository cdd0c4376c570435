import { expect, test } from 'vitest'
import { initialTransition, transition } from 'xstate'
import { configurationOf, descriptorOf, eventNameOf } from './names.ts'
import { machineFromScxml } from './scxml.ts'
import { parseXml } from './xml.ts'

const convert = (content: string) => machineFromScxml(`<scxml>${content}</scxml>`, 'example')

test('an assignment leaves the snapshot before it as it was', () => {
  const machine = convert(`
    <datamodel><data id="list" expr="[1]"/></datamodel>
    <state id="a"><transition event="t"><assign location="list[0]" expr="2"/></transition></state>`)
  const [before] = initialTransition(machine)
  const [after] = transition(machine, before, { type: 't' })
  expect([before.context.data, after.context.data]).toEqual([{ list: [1] }, { list: [2] }])
})

test('a condition may combine answers about several states', () => {
  const machine = convert(`<parallel id="p">
    <state id="a"/><state id="b"/>
    <transition event="t" cond="In('a') &amp;&amp; !In('c') &amp;&amp; In('b')" target="c"/></parallel><state id="c"/>`)
  const [before] = initialTransition(machine)
  expect(configurationOf(transition(machine, before, { type: 't' })[0].value)).toEqual(['c'])
})

test('a platform event has one name in the document and one in XState', () => {
  expect(descriptorOf('done.state.b1.1')).toBe('xstate.done.state.b1:1.*')
  expect(eventNameOf('xstate.done.state.b1:1')).toBe('done.state.b1.1')
  expect(descriptorOf('done.invoke')).toBe('xstate.done.actor.*')
})

test('XML is read with entities, CDATA, comments and prefixes', () => {
  const root = parseXml('<?xml version="1.0"?><s:a x="1 &lt; 2"><!-- <b/> --><b y=\'>\'/><![CDATA[<&]]>&#65;</s:a>')
  expect(root).toMatchObject({
    name: 'a',
    attributes: { x: '1 < 2' },
    children: [{ attributes: { y: '>' } }],
    text: '<&A',
  })
})

test.each([
  ['unknown executable content', '<state id="a"><onentry><foreach/></onentry></state>', '<foreach> is not supported'],
  ['an unknown part of a state', '<final id="a"><donedata/></final>', '<donedata> is not supported'],
  ['unknown content of a send', '<state id="a"><onentry><send><content/></send></onentry></state>', '<content> is not'],
  ['an initial state that is no child', '<state id="a" initial="c"><state id="b"/></state>', 'is no child of a'],
  ['two default targets', '<state id="a"/><history id="h"><transition target="a b"/></history>', 'one target'],
  ['a broken expression', '<state id="a"><transition cond="1 +" target="a"/></state>', 'Unexpected token'],
  ['an undeclared location', '<state id="a"><onentry><assign location="x" expr="1"/></onentry></state>', 'not defined'],
  [
    'an order that XState would change',
    '<state id="a"><transition event="*"/><transition event="b"/></state>',
    'b.* after *',
  ],
  [
    'an endless loop',
    '<state id="a"><transition target="b"/></state><state id="b"><transition target="a"/></state>',
    'Infinite loop',
  ],
  ['an element that is closed by another', '<state id="a"></final>', '</final> closes <state>'],
  ['an unclosed element', '<state id="a">', 'closes <state>'],
  ['an unknown entity', '<state id="&nbsp;"/>', 'unknown entity &nbsp;'],
])('%s is refused', (_, content, message) => {
  const start = () => {
    const [snapshot] = initialTransition(convert(content))
    if (snapshot.status === 'error') throw snapshot.error
  }
  expect(start).toThrow(message)
})
