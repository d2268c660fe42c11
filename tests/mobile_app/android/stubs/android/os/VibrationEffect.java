package android.os;

import java.util.Arrays;

public class VibrationEffect {
    String pattern;

    public static VibrationEffect createWaveform(long[] timings, int repeat) {
        VibrationEffect made = new VibrationEffect();
        made.pattern = Arrays.toString(timings) + " " + repeat;
        return made;
    }
}
