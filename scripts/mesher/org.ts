import { z } from 'zod'
import { findPerson } from '#server/domain/accounts/manage-accounts.ts'
import { DomainError } from '#server/domain/errors.ts'
import { addMember, leadingMember, orgAsOperator } from '#server/domain/orgs/operator.ts'
import { createOrg } from '#server/domain/orgs/orgs.ts'
import { createToken } from '#server/domain/tokens/tokens.ts'
import { email } from '#shared/schemas/account.ts'
import { orgName, role, slug } from '#shared/schemas/org.ts'
import { SCOPES } from '#shared/schemas/token.ts'
import { defineCommand } from './command.ts'

async function personOf(address: string) {
  const person = await findPerson(address)
  if (!person) throw new DomainError('not_found', undefined, `There is no account ${address}`)
  return person
}

const ORG = 'short name of the organisation'

export const orgCommands = {
  'org create': defineCommand({
    summary: 'Make an organisation',
    help: {
      name: 'its name',
      owner: 'e-mail address of whoever shall own it',
      slug: 'short name; made from the name',
    },
    input: z.object({ name: orgName, owner: email, slug: slug.optional() }),
    async run({ name, owner, slug: asked }) {
      const { id } = await personOf(owner)
      const org = await createOrg(id, { name, slug: asked })
      return { data: { ...org, owner }, lines: [`Made the organisation ${org.slug}, owned by ${owner}`] }
    },
  }),
  'org add-member': defineCommand({
    summary: 'Make somebody a member',
    help: { org: ORG, email: 'who; has an account already', role: 'member, admin or owner (member)' },
    input: z.object({ org: slug, email, role: role.default('member') }),
    async run({ org: name, email: address, role: as }) {
      const org = await orgAsOperator(name)
      const { id } = await personOf(address)
      await addMember(null, org, { userId: id, role: as })
      return {
        data: { org: org.slug, userId: id, email: address, role: as },
        lines: [`${address} is ${as} of ${org.slug}`],
      }
    },
  }),
  'token create': defineCommand({
    summary: 'Make a token of the management API; shown once',
    help: {
      org: ORG,
      name: 'what it is for',
      scopes: `separated by commas: ${SCOPES.join(', ')}`,
      creator:
        'e-mail address of the member in whose name (the longest-serving owner); it dies with the membership',
      'expires-in-days': '1 to 365; never without it',
    },
    input: z.object({
      org: slug,
      name: z.string().trim().min(1, { error: 'Give it a name.' }).max(64),
      scopes: z
        .string()
        .transform((text) => [
          ...new Set(
            text
              .split(',')
              .map((scope) => scope.trim())
              .filter(Boolean),
          ),
        ])
        .pipe(z.array(z.enum(SCOPES)).min(1, { error: 'Name at least one.' })),
      creator: email.optional(),
      'expires-in-days': z.coerce.number().int().min(1).max(365).optional(),
    }),
    async run({ org: name, name: label, scopes, creator: address, 'expires-in-days': days = null }) {
      const org = await orgAsOperator(name)
      const creator = address === undefined ? await leadingMember(org) : await memberOf(org.slug, address)
      const made = await createToken(
        creator.id,
        { ...org, role: creator.role },
        { name: label, scopes, expiresInDays: days },
      )
      return {
        data: { ...made, org: org.slug, name: label, scopes, creator: creator.email },
        lines: [`Token ${label} of ${org.slug}, in the name of ${creator.email}:`, made.token],
      }
    },
  }),
}

async function memberOf(org: string, address: string) {
  const { id, orgs } = await personOf(address)
  const as = orgs.find((membership) => membership.slug === org)
  if (!as) throw new DomainError('not_found', undefined, `${address} is no member of ${org}`)
  return { id, email: address, role: as.role }
}
