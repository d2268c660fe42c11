package android.media;

import stub.World;

public class AudioManager {
    private static int alarm = 3;

    public int getStreamVolume(int stream) {
        return alarm;
    }

    public int getStreamMaxVolume(int stream) {
        return 15;
    }

    public void setStreamVolume(int stream, int volume, int flags) {
        if (World.is("do not disturb", false)) {
            throw new SecurityException("Not allowed to change Do Not Disturb state");
        }
        alarm = volume;
        World.say("volume " + stream + " " + volume);
    }

    public int getRingerMode() {
        return World.number("ringer", 2);
    }

    public AudioDeviceInfo[] getDevices(int flags) {
        return new AudioDeviceInfo[] {new AudioDeviceInfo(4), new AudioDeviceInfo(2)};
    }
}
