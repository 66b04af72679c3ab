/**
 * The present time as reactive state, shared by everything that shows an age.
 * `now` moves each second, `coarse` each ten: a list of a thousand ages costs one
 * timer. Both stand still while the page is hidden and catch up when it is seen.
 */
class Clock {
  now = $state(Date.now());
  coarse = $state(Date.now());

  start(): () => void {
    const tick = () => {
      if (document.hidden) return;
      this.now = Date.now();
      if (this.now - this.coarse >= 10_000 || this.now < this.coarse) this.coarse = this.now;
    };
    const timer = setInterval(tick, 1000);
    const seen = () => {
      if (document.hidden) return;
      this.now = this.coarse = Date.now();
    };
    document.addEventListener('visibilitychange', seen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }
}

export const clock = new Clock();
