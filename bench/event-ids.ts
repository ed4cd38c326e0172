// Event ids that can be proved: each holds its run and its number, and begins with mixed bits, because real ids are
// random and an index that is filled in order would be flattered.
//
//   ████████ rrrrrrrrrrrrrrrr nnnnnnnn      mixed number, run, number (hex)
import { mix32 } from './random.ts'

export const RUN_DIGITS = 16

const hex32 = (value: number) => value.toString(16).padStart(8, '0')

export const eventId = (run: string, number: number): string => hex32(mix32(number)) + run + hex32(number)
