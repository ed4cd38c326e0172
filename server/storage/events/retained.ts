/**
 * Of an event `e`: not past its retention because that was shortened (project.retained_since; the sweeper moves it at
 * midnight UTC). What is past its week is left out by the weeks a reader gives.
 *
 * Written so that no index can take it for a bound: of an unknown day the planner believes that it leaves a third, and
 * walked the index of times where the one of words was right. What it leaves out is little, and removed soon.
 * @param project written by us: a placeholder, or a column of another table
 */
export const retained = (project: string): string =>
  `(e.received_at < (select retained_since::timestamp at time zone 'UTC' from project where id = ${project})) is not true`
