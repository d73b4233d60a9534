/** A process that plays the weeks it is sent, one after the other, and sends back their scores. */
import { play, type Week } from './week.js';

process.on('message', (week: Week) => {
  process.send?.(play(week).score);
});
