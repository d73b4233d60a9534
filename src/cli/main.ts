#!/usr/bin/env node
/** `resource-share`. A client waits for its status line: that is drawn before anything of the program is loaded. */
import { drawQuickly } from './statusline/draw.js';

const args = process.argv.slice(2);
if (!drawQuickly(args)) (await import('./start.js')).startProgram(args);
