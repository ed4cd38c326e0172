import { describe, expect, it } from 'vitest'
import { SensitiveKeys } from '#server/domain/ingest/sensitive-keys.ts'

const keys = new SensitiveKeys()

describe('SensitiveKeys', () => {
  it.each(
    `password Password user_password userPassword PGPASSWORD db-passwd MYSQL_PWD secret client_secret clientSecret token
    accessToken access_token CSRFToken csrftoken x-csrf-token Authorization HTTP_AUTHORIZATION Proxy-Authorization auth
    cookie Set-Cookie HTTP_COOKIE api_key apiKey apikey X-API-Key x_api_key private_key privateKey credentials session
    session_id sessionid connect.sid SENTRY_AUTH_TOKEN AWS_SECRET_ACCESS_KEY jwt password2 user[password] dbpassword
    aws.secret.key HTTPToken credit_card cardNumber ssn cvv`.split(/\s+/),
  )('%s is sensitive', (key) => {
    expect(keys.has(key)).toBe(true)
  })

  it.each(
    `author authors authority authenticated tokenizer tokenize tokens max_tokens token_count passwordLength secretary
    compass bypass key keyboard cookiecutter-x name id page sort discussion possession monkey pinned sidebar accessory
    cookie_age hashtag`.split(/\s+/),
  )('%s is not', (key) => {
    expect(keys.has(key)).toBe(false)
  })

  it('leaves out whole names the project calls safe, and nothing that only contains them', () => {
    const own = new SensitiveKeys(['address'], ['session_id', 'pin', 'emailAddress'])
    expect(['sessionId', 'SESSION-ID', 'pin', 'email_address'].map((key) => own.has(key))).toEqual(
      Array(4).fill(false),
    )
    expect(['user_session_id', 'session', 'card_pin', 'postal_address'].map((key) => own.has(key))).toEqual(
      Array(4).fill(true),
    )
  })

  it('takes more words from the project', () => {
    const own = new SensitiveKeys(['employeeNumber', 'salary', ''])
    expect(own.has('employee_number')).toBe(true)
    expect(own.has('EMPLOYEE-NUMBER-2')).toBe(true)
    expect(own.has('yearlySalary')).toBe(true)
    expect(own.has('employee')).toBe(false)
    expect(own.has('')).toBe(false)
  })

  it('remembers without growing for ever, and takes keys of any length', () => {
    for (let i = 0; i < 20_000; i++) keys.has(`key ${i}`)
    expect(keys.has('x'.repeat(100_000))).toBe(false)
    expect(keys.has(`password${'x'.repeat(0)}`)).toBe(true)
  })
})
