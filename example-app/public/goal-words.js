// Goals as a match report prints them.

/** One line for each scorer: "Toni Kroos 24′, 26′". */
export function scorerLines(goals, side) {
  const minutes = new Map()
  for (const goal of goals) {
    if (goal.team !== side) continue
    minutes.set(goal.scorer, [...(minutes.get(goal.scorer) ?? []), `${goal.minute}′${suffix(goal)}`])
  }
  return [...minutes].map(([scorer, list]) => `${scorer} ${list.join(', ')}`)
}

export function suffix({ kind }) {
  return kind === 'penalty' ? ' pen.' : kind === 'own goal' ? ' o.g.' : ''
}
