// One palette for both themes (light-dark), no colour without a shape or a word
// beside it. Hosts set the theme by attribute; the colours are ours.
export const theme = /* css */ `
  :host {
    color-scheme: light dark;
    --bg: light-dark(#ffffff, #171b21);
    --hover: light-dark(#f1f4f9, #20262f);
    --text: light-dark(#171a21, #e8ebf0);
    --muted: light-dark(#525a69, #a3acba);
    --line: light-dark(#d5d9e0, #2c333d);
    --link: light-dark(#1f56c4, #86b1ff);
    --on-link: light-dark(#ffffff, #0f1216);
    --shadow: 0 1px 2px light-dark(#10182814, #0006), 0 6px 20px -4px light-dark(#10182829, #000a);
    display: contents;
    font: 400 12px/16px system-ui, sans-serif;
    font-variant-numeric: tabular-nums;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  * {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  .critical {
    --sev: light-dark(#9c1430, #ff9db0);
    --tint: light-dark(#fdecef, #3a1420);
    --on-sev: light-dark(#ffffff, #2a0a14);
  }
  .error {
    --sev: light-dark(#b3261e, #ff9f94);
    --tint: light-dark(#fdeeec, #381816);
  }
  .warning {
    --sev: light-dark(#8a4b00, #f5b95a);
    --tint: light-dark(#fff4e0, #33240d);
  }
  .info {
    --sev: light-dark(#1f56c4, #86b1ff);
    --tint: light-dark(#eaf1fe, #16243f);
  }
`;
