// Queue. Owns one thing at a time: work starts when what came before it has ended, well or badly.
export const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work)
    last = next.then(
      () => undefined,
      () => undefined, // told to the one who asked; the next in line is not concerned
    )
    return next
  }
}
