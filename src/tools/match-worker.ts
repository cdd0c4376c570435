// Match worker. Owns the thread in which a model's expression runs, so that it can be ended in the middle of one.
import { parentPort, workerData } from 'node:worker_threads'
import { matchLines } from './match-lines.ts'

const { pattern, flags } = workerData as { pattern: string; flags: string } // what matcher.ts hands over
const expression = new RegExp(pattern, flags)

parentPort?.on('message', ({ text, most }: { text: string; most: number }) => {
  parentPort?.postMessage(matchLines(text, expression, most))
})
