import { scrubSettings, type ScrubSettings } from '#shared/schemas/project.ts'

/** A project's scrubbing settings as stored. Settings that cannot be read must not switch scrubbing off. */
export function readScrubSettings(stored: unknown): ScrubSettings {
  const read = scrubSettings.safeParse(stored)
  return read.success ? read.data : scrubSettings.parse({})
}
