import { z } from 'zod'
import { everybody, findPerson, makeAccount, resetPassword } from '#server/domain/accounts/manage-accounts.ts'
import * as account from '#shared/schemas/account.ts'
import { defineCommand } from './command.ts'
import { passwordFor } from './password.ts'

const STDIN = 'read the password from stdin (first line); without it one is made and shown'

export const userCommands = {
  'user create': defineCommand({
    summary: 'Make an account; the first one owns the installation',
    help: { email: 'e-mail address', name: 'full name', 'password-stdin': STDIN },
    input: z.object({
      email: account.email,
      name: account.signUp.shape.name,
      'password-stdin': z.boolean().default(false),
    }),
    flags: ['password-stdin'],
    async run({ email, name, 'password-stdin': stdin }) {
      const { password, generated } = await passwordFor({ stdin })
      const { id, installationOwner } = await makeAccount({ email, name, password })
      return {
        data: { id, email, name, installationOwner, ...(generated ? { password } : {}) },
        lines: [
          `Made ${email}${installationOwner ? ', who owns this installation' : ''}`,
          ...(generated ? [`Password: ${password}`] : []),
        ],
      }
    },
  }),
  'user reset-password': defineCommand({
    summary: 'Give somebody a new password and end their sessions',
    help: { email: 'whose', 'password-stdin': STDIN },
    input: z.object({ email: account.email, 'password-stdin': z.boolean().default(false) }),
    flags: ['password-stdin'],
    async run({ email, 'password-stdin': stdin }) {
      const { password, generated } = await passwordFor({ stdin })
      await resetPassword(email, password)
      const { id } = (await findPerson(email))! // it was there a moment ago
      return {
        data: { id, email, ...(generated ? { password } : {}) },
        lines: [
          `${email} has a new password and is signed out everywhere`,
          ...(generated ? [`Password: ${password}`] : []),
        ],
      }
    },
  }),
  'user list': defineCommand({
    summary: 'List everybody with an account',
    help: {},
    input: z.object({}),
    async run() {
      const people = await everybody()
      return {
        data: people,
        lines: people.map(({ email, name, installationOwner, orgs }) =>
          [
            email,
            name,
            [
              ...(installationOwner ? ['installation owner'] : []),
              ...orgs.map(({ slug, role }) => `${slug} (${role})`),
            ].join(', '),
          ].join('\t'),
        ),
      }
    },
  }),
}
