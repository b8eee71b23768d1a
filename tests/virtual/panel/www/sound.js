// SPDX-License-Identifier: Apache-2.0
/* The buzzers, to be heard: off until somebody wants them. */

const PITCH_HZ = 2300;
const LOUDNESS = 0.04;

let audio = null;
let gain = null;
let wanted = false;
const buzzing = new Set();

function set() {
	if (gain) gain.gain.setTargetAtTime(wanted && buzzing.size ? LOUDNESS : 0, audio.currentTime, 0.003);
}

/** Switches the sound; must be called from a click, or the browser keeps silent. */
export function soundSwitch(on) {
	wanted = on;
	if (on && !audio) {
		const tone = new AudioContext().createOscillator();
		audio = tone.context;
		gain = audio.createGain();
		gain.gain.value = 0;
		tone.type = 'square';
		tone.frequency.value = PITCH_HZ;
		tone.connect(gain).connect(audio.destination);
		tone.start();
	}
	set();
}

/** A door's buzzer is on or off. */
export function soundBuzz(door, on) {
	if (on) buzzing.add(door);
	else buzzing.delete(door);
	set();
}
