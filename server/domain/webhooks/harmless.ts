// What events, rules and projects say, made harmless for a chat: nobody is called, nothing is a link, nothing is bold.
// Mentions and bare addresses are broken by a zero-width space, which both chats show as nothing; markup is escaped in
// each one's own way.

const ZWSP = '\u200B'

/** Control characters, direction overrides, invisible letters: what they would hide is shown without them. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  /[\u0000-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u202A-\u202E\u2028\u2029\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu

/** One line, at most so many characters, none of them cut in half. */
export function plainLine(text: string, most: number): string {
  const line = text.replace(/\s+/gu, ' ').replace(HIDDEN, '').trim()
  const characters = [...line]
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`
}

/** `@everyone` calls nobody, `https://x` and `x.example` are no links. */
const unlinked = (text: string): string =>
  text
    .replaceAll('@', `@${ZWSP}`)
    .replace(/:(?=\/)/g, `:${ZWSP}`)
    .replace(/\.(?=[\p{L}\p{N}])/gu, `.${ZWSP}`)

/** Slack's own three, and what its look-alikes take for markdown. */
export const slackText = (text: string, most: number): string =>
  unlinked(plainLine(text, most))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[*_~`[\]#|]/g, (mark) => `${ZWSP}${mark}${ZWSP}`)

export const discordText = (text: string, most: number): string =>
  unlinked(plainLine(text, most)).replace(/[\\*_~`|<>[\]()#:-]/g, (mark) => `\\${mark}`)
