/**
 * The one line that confirms what a person just did, with a way back. A new line
 * replaces the old one; the line stays while the pointer or the focus is on it.
 */
export interface Line {
  text: string;
  tone: 'plain' | 'bad';
  action?: { label: string; run: () => void };
}

const shownFor = 8_000;

class Status {
  line = $state.raw<Line | undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  say(text: string, action?: Line['action']): void {
    this.#show({ text, tone: 'plain', action });
  }

  fail(text: string, action?: Line['action']): void {
    this.#show({ text, tone: 'bad', action });
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.line = undefined;
  }

  hold(): void {
    clearTimeout(this.#timer);
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), shownFor);
  }

  #show(line: Line): void {
    this.line = line;
    this.release();
  }
}

export const status = new Status();
