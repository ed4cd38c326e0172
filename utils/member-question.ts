// What is asked before somebody's rights in an organisation end or change hands: title, consequences, both answers.
import type { Member, Role } from '#shared/schemas/org'

export type MemberQuestion = { member: Member } & (
  { what: 'remove' | 'leave' | 'transfer' } | { what: 'demote'; role: Role }
)
export interface QuestionWords {
  title: string
  text: string
  yes: string
  no: string
}

export function questionWords(question: MemberQuestion, org: string): QuestionWords {
  const { name, role } = question.member
  switch (question.what) {
    case 'remove':
      return {
        title: `Remove ${name}?`,
        text: `${name} loses access to ${org} at once; issues assigned to them here become unassigned, and the invitations and API tokens they made here end.`,
        yes: 'Remove',
        no: 'Keep',
      }
    case 'leave':
      return {
        title: `Leave ${org}?`,
        text: `You lose access at once; issues assigned to you here become unassigned, and the invitations and API tokens you made here end. Coming back takes an invitation.`,
        yes: 'Leave',
        no: 'Stay',
      }
    case 'transfer':
      return {
        title: `Hand ${org} over to ${name}?`,
        text: `${name} becomes an owner, you become an admin. Only an owner can undo that.`,
        yes: 'Hand over',
        no: 'Keep it',
      }
    case 'demote':
      return {
        title: `Become ${question.role} yourself?`,
        text: `You give up rights in ${org} that only somebody else can give back.`,
        yes: `Become ${question.role}`,
        no: `Stay ${role}`,
      }
  }
}
