/**
 * Cohen's κ (1960): how far two judges choose alike beyond what their habits alone would make them.
 * Agreement by chance is computed from how often each chooses each category.
 *
 * @param choices - one pair for each item that both judged; categories are any numbers.
 * @returns 1 for the same choices throughout, about 0 for unrelated ones, below 0 for fewer than by
 *   chance; null when there are no items, or when both always choose the same one category.
 */
export function cohensKappa(choices: readonly (readonly [number, number])[]): number | null {
  const total = choices.length;
  const observed = choices.filter(([a, b]) => a === b).length / total;
  const categories = new Set(choices.flat());
  let byChance = 0;
  for (const category of categories) {
    const share = (judge: 0 | 1) =>
      choices.filter((choice) => choice[judge] === category).length / total;
    byChance += share(0) * share(1);
  }
  return total === 0 || byChance === 1 ? null : (observed - byChance) / (1 - byChance);
}
