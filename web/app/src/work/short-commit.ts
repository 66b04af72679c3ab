/** The beginning of a commit's hash, which is enough to know it by; anything else as it is. */
export const shortCommit = (commit: string): string =>
  /^[0-9a-f]{12,64}$/.test(commit) ? commit.slice(0, 8) : commit;
