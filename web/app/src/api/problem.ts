/**
 * Why a request did not succeed. `status` is 0 when no answer came at all;
 * `requestId` is what an operator needs to find the request in the log, and is
 * empty when the server did not say.
 */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail = '',
    readonly requestId = '',
    /** Of a 401: where people sign in, if they can. */
    readonly loginUrl?: string,
  ) {
    super(title);
    this.name = 'Problem';
  }

  get unreachable(): boolean {
    return this.status === 0;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Reads an RFC 9457 body. Anything else still gives a problem that names the status. */
export async function problemFrom(response: Response): Promise<Problem> {
  const header = response.headers.get('x-request-id') ?? '';
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (parsed !== null && typeof parsed === 'object') body = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page is not worth showing; the status is.
  }
  return new Problem(
    response.status,
    text(body.title) || response.statusText || String(response.status),
    text(body.detail),
    text(body.request_id) || header || text(body.instance),
    text(body.login_url) || undefined,
  );
}

/** Turns whatever a request threw into a problem; an abort stays an abort. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, error instanceof Error ? error.message : String(error));
}

export const aborted = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';
