package android.media;

import stub.World;

public class AudioRecord {
    public static final int RECORDSTATE_RECORDING = 3;
    private final int rate;
    private byte next = 0;
    private boolean isReleased = false;

    public AudioRecord(int source, int rate, int channel, int encoding, int bytes) {
        World.need("RECORD_AUDIO");
        this.rate = rate;
    }

    public static int getMinBufferSize(int rate, int channel, int encoding) {
        return rate / 25 * 2;
    }

    public void startRecording() {
        World.say("hears at " + rate);
    }

    public int getRecordingState() {
        return World.is("microphone taken", false) ? 1 : RECORDSTATE_RECORDING;
    }

    public int read(byte[] into, int at, int count) {
        if (isReleased) {
            return -3;
        }
        try {
            Thread.sleep(10);
        } catch (InterruptedException interrupted) {
            return -1;
        }
        for (int i = 0; i < count; i++) {
            into[at + i] = next++;
        }
        return count;
    }

    public void release() {
        isReleased = true;
        World.say("microphone released");
    }
}
