// Platforms a project can be made for: what the picker offers, and which set-up snippet opens first.
// The id is stored with the project; events carry a platform of their own.

export const PLATFORMS = [
  { id: 'node', name: 'Node.js', snippet: 'node' },
  { id: 'javascript', name: 'Browser JS', snippet: 'browser' },
  { id: 'vue', name: 'Vue', snippet: 'browser' },
  { id: 'react', name: 'React', snippet: 'browser' },
  { id: 'python', name: 'Python', snippet: 'python' },
  { id: 'django', name: 'Django', snippet: 'python' },
  { id: 'ruby', name: 'Ruby', snippet: 'other' },
  { id: 'go', name: 'Go', snippet: 'other' },
  { id: 'php', name: 'PHP', snippet: 'other' },
  { id: 'java', name: 'Java', snippet: 'other' },
  { id: 'dotnet', name: '.NET', snippet: 'other' },
  { id: 'other', name: 'Other', snippet: 'curl' },
] as const

export type SnippetId = (typeof PLATFORMS)[number]['snippet']

export const platformName = (id: string): string =>
  PLATFORMS.find((platform) => platform.id === id)?.name ?? id
