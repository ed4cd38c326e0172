// What is different between two scrubbing settings, as one would say it.
import type { ScrubSettings } from '#shared/schemas/project'

export function scrubChanges(before: ScrubSettings, after: ScrubSettings): string[] {
  return [
    ...(after.enabled === before.enabled ? [] : [`filtering ${after.enabled ? 'on' : 'off'}`]),
    ...listChanges('fields to filter', before.extraFields, after.extraFields),
    ...listChanges('fields never filtered', before.safeFields, after.safeFields),
    ...(after.dropIpAddresses === before.dropIpAddresses
      ? []
      : [after.dropIpAddresses ? 'IP addresses dropped' : 'IP addresses kept']),
  ]
}

function listChanges(what: string, before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((name) => !before.includes(name)).length
  const removed = before.filter((name) => !after.includes(name)).length
  if (!added && !removed) return []
  const parts = [...(added ? [`${added} more`] : []), ...(removed ? [`${removed} fewer`] : [])]
  return [`${what}: ${parts.join(', ')}`]
}
