// How things come and go. Decoration: the document is right without it.
export const motion = /* css */ `
  @keyframes enter {
    from {
      opacity: 0;
      grid-template-rows: 0fr;
    }
  }
  @keyframes leave {
    to {
      opacity: 0;
      grid-template-rows: 0fr;
      translate: 24px 0;
    }
  }
  @keyframes fade {
    from {
      opacity: 0;
    }
  }
  li.enter {
    animation: enter 160ms cubic-bezier(0.2, 0.8, 0.2, 1);
  }
  li.leave {
    animation: leave 120ms ease-in forwards;
    pointer-events: none;
  }
  .fresh,
  .pill,
  .panel {
    animation: fade 160ms ease-out;
  }
  @media (prefers-reduced-motion: reduce) {
    li.enter {
      animation-name: fade;
    }
    li.leave {
      animation: none;
      opacity: 0;
    }
  }
`;
