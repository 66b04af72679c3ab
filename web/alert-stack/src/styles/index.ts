// The style sheet of the shadow root, as text for one constructed sheet: none of
// it is inline, and hosts reach in by custom properties and parts. Later rules
// win, so the order matters.

import { bar } from './bar';
import { card } from './card';
import { motion } from './motion';
import { press } from './press';
import { region } from './region';
import { screens } from './screens';
import { theme } from './theme';

export const styles = theme + region + card + press + bar + motion + screens;
