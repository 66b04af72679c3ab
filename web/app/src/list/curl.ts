/** Puts a text between single quotes for a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The line that sends a body with a token, ready to be pasted into a shell. */
export const curl = (url: string, token: string | undefined, body: unknown, method = ''): string =>
  [
    `curl ${method && `-X ${method} `}${quoted(url)}`,
    `  -H ${quoted(`Authorization: Bearer ${token || '<token>'}`)}`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join(' \\\n');
