// Who still is what, for everybody with a live socket at once.
import { useDatabase } from '#server/storage/database.ts'
import {
  findStandings,
  type AskedStandings,
  type Standing,
  type Standings,
} from '#server/storage/live/find-standings.ts'

export type { AskedStandings, Standing, Standings }

export const currentStandings = (asked: AskedStandings): Promise<Standings> =>
  findStandings(useDatabase().read, asked)
