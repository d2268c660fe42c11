package android.media;

import stub.World;

public class AudioTrack {
    private final int size;

    public AudioTrack(AudioAttributes attributes, AudioFormat format, int bytes, int mode, int session) {
        size = bytes;
        World.say("track usage=" + attributes.usage + " rate=" + format.rate + " mode=" + mode);
    }

    public int write(byte[] from, int at, int count) {
        int loudest = 0;
        for (int i = 0; i + 1 < count; i += 2) {
            loudest = Math.max(loudest, Math.abs((short) ((from[i] & 0xFF) | from[i + 1] << 8)));
        }
        World.say("written " + count + " of " + size + " loudest " + loudest);
        return count;
    }

    public int setLoopPoints(int from, int to, int times) {
        World.say("loop " + from + " " + to + " of " + size / 2 + " " + times);
        return to * 2 <= size ? 0 : -2;
    }

    public boolean setPreferredDevice(AudioDeviceInfo device) {
        World.say("speaker " + device.getType());
        return true;
    }

    public void play() {
        World.say("track plays");
    }

    public void stop() {
        World.say("track stops");
    }

    public void release() {
        World.say("track released");
    }
}
