package android.os;

import stub.World;

public class Vibrator {
    public void vibrate(VibrationEffect effect) {
        World.say("vibrate " + effect.pattern);
    }

    public boolean hasVibrator() {
        return true;
    }
}
