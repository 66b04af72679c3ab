// What is different under a thumb and on a small screen. It comes last.
export const screens = /* css */ `
  @media (pointer: coarse) {
    .icon,
    a,
    .text,
    .fresh {
      min-height: 44px;
      min-width: 44px;
    }
    a,
    .text {
      padding-block: 14px;
    }
    .inner {
      grid-template-columns: 28px minmax(0, 1fr) 44px;
    }
    .icon {
      margin: -6px -4px 0 0;
    }
    .bar .icon {
      margin: 0;
    }
    .links {
      margin-block: -8px;
    }
  }
  @media (max-width: 639.9px) {
    section[popover] {
      left: 8px;
      right: 8px;
      width: auto;
      align-items: stretch;
    }
    .pill {
      border-radius: 8px;
    }
    .pill > svg {
      margin-left: auto;
    }
    .card .title {
      -webkit-line-clamp: 3;
    }
  }
`;
