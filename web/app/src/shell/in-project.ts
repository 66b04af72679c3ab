/** The filters of a list in an address, moved to another project; an empty one stands for all. */
export function inProject(search: string, project: string): string {
  const query = new URLSearchParams(search);
  query.delete('project');
  const rest = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  // The project comes first, as the lists write it.
  const own = project ? `project=${encodeURIComponent(project)}` : '';
  const text = [own, rest].filter(Boolean).join('&');
  return text ? `?${text}` : '';
}
