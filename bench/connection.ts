// What the load generator needs of a connection, whatever it speaks.

export interface Answer {
  /** Of HTTP; a message of the stream has 202, or the code of its error. */
  status: number | string
  body: Buffer
}

export type Done = (answer: Answer | null) => void

export interface Connection {
  /** `done(null)`: the connection broke; the next request opens another. `number`: of its first event. */
  send(request: Buffer, done: Done, number: number): void
  close(): void
}
