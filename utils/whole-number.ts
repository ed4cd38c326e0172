// A number as it is typed into a text field. (A number field of the browser swallows what it cannot read, and changes
// when the wheel turns above it.)
import { z } from 'zod'

const error = 'Write a whole number, digits only.'

/** Text of digits, turned into the number; ranges are checked by what follows. */
export const wholeNumber = z
  .string()
  .trim()
  .regex(/^-?\d{1,15}$/, { error })
  .transform(Number)

/** The same, or nothing: null. */
export const wholeNumberOrNone = z
  .string()
  .trim()
  .regex(/^(-?\d{1,15})?$/, { error })
  .transform((text) => (text === '' ? null : Number(text)))
