package android.media;

public class AudioDeviceInfo {
    private final int type;

    AudioDeviceInfo(int type) {
        this.type = type;
    }

    public int getType() {
        return type;
    }
}
