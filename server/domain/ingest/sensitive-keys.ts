// Which keys name a secret. A key is cut into words (camelCase, snake_case, kebab-case, dots, spaces): `userPassword`
// and `X-Api-Key` are sensitive, `author` and `tokenizer` are not.

/** One of these words makes a key sensitive. */
const SECRET_WORDS = words(`
  password passwords passwd passphrase passcode pass pwd pw secret secrets token authorization auth oauth bearer jwt
  cookie cookies credential credentials creds session sessionid sid csrf xsrf apikey otp totp mfa ssn cvv cvc csc
  privatekey accesskey secretkey authkey signature hmac pin iban`)

/** Words written together with another: `dbpassword`, `accesstoken`, `myapikey`. */
const SECRET_ENDINGS = [...words('password passwd passphrase secret apikey token credentials sessionid')]

/** Two words in a row, joined here by a dash. */
const SECRET_PAIRS = words(`
  api-key private-key access-key secret-key auth-key encryption-key signing-key session-key master-key ssh-key
  license-key service-key account-key shared-key card-number credit-card creditcard-number security-code
  connection-string set-cookie account-number pass-word`)

/** With one of these at the end the key tells about a secret, not the secret: `token_count`, `passwordLength`. */
const HARMLESS_ENDINGS = words(`
  count counts length len size type limit expires expiry expiration expired ttl enabled disabled required valid
  invalid policy duration age max min status`)

/** Long keys carry data, not a name; they are judged by their beginning. */
const MAX_KEY_CHARACTERS = 128
/** SDKs send the same keys again and again; hostile ones must not grow the memory. */
const MAX_REMEMBERED = 5_000

export class SensitiveKeys {
  readonly #extra: string[]
  readonly #safe: ReadonlySet<string>
  readonly #known = new Map<string, boolean>()

  /**
   * @param extraFields of the project's own choosing, found as words in a row: `employee_number` finds `employeeNumber`
   * @param safeFields never sensitive, compared whole: `session_id` frees `sessionId`, not `user_session_id`
   */
  constructor(extraFields: readonly string[] = [], safeFields: readonly string[] = []) {
    this.#extra = phrasesOf(extraFields)
    this.#safe = new Set(phrasesOf(safeFields))
  }

  has(key: string): boolean {
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const judged = this.#judge(key.length > MAX_KEY_CHARACTERS ? key.slice(0, MAX_KEY_CHARACTERS) : key)
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
    if (key.length <= MAX_KEY_CHARACTERS) this.#known.set(key, judged)
    return judged
  }

  #judge(key: string): boolean {
    const parts = wordsOf(key)
    const phrase = parts.join(' ')
    if (this.#safe.has(phrase)) return false
    const padded = ` ${phrase} `
    if (this.#extra.some((field) => padded.includes(` ${field} `))) return true
    if (parts.length > 1 && HARMLESS_ENDINGS.has(parts.at(-1)!)) return false
    return parts.some(
      (word, i) =>
        SECRET_WORDS.has(word) ||
        SECRET_ENDINGS.some((ending) => word.endsWith(ending)) ||
        (i > 0 && SECRET_PAIRS.has(`${parts[i - 1]}-${word}`)),
    )
  }
}

// A hump, the end of capitals (`HTTPToken` → http token), or anything that is neither letter nor digit.
const HUMPS = /([a-z\d])([A-Z])|([A-Z])([A-Z][a-z])/g
const BETWEEN_WORDS = /[^a-z\d]+/

/** Lowercase words; digits at the end of one do not count (`password2`). */
function wordsOf(key: string): string[] {
  return key
    .replace(HUMPS, '$1$3 $2$4')
    .toLowerCase()
    .split(BETWEEN_WORDS)
    .map((word) => word.replace(/\d{1,10}$/, ''))
    .filter((word) => word !== '')
}

const phrasesOf = (fields: readonly string[]): string[] =>
  fields.map((field) => wordsOf(field).join(' ')).filter((field) => field !== '')

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/))
}
