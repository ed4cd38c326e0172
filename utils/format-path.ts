// Long paths are cut in the middle: the start says which package, the end which file.

/** At most `max` characters; the last part of the path is kept longest. */
export function cutMiddle(path: string, max = 60): string {
  const letters = [...path]
  if (letters.length <= max) return path
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')))
  const tail = Math.min([...name].length, Math.ceil(max * 0.7))
  const end = Math.max(tail, Math.floor(max / 2))
  const start = Math.max(0, max - end - 1)
  return `${letters.slice(0, start).join('')}…${letters.slice(letters.length - end).join('')}`
}
