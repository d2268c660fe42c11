package android.media;

import android.content.Context;

import java.io.FileOutputStream;
import java.io.IOException;

import stub.World;

/** Refuses calls in the wrong order, as the real one does. */
public class MediaRecorder {
    private int state = 0;
    private String path;

    public MediaRecorder() {}

    public MediaRecorder(Context context) {}

    private void step(int from, int to) {
        if (state != from) {
            throw new IllegalStateException("state " + state);
        }
        state = to;
    }

    public void setAudioSource(int source) {
        World.need("RECORD_AUDIO");
        step(0, 1);
    }

    public void setOutputFormat(int format) {
        step(1, 2);
    }

    public void setAudioEncoder(int encoder) {
        step(2, 3);
    }

    public void setAudioChannels(int count) {
        step(3, 3);
    }

    public void setAudioSamplingRate(int hz) {
        step(3, 3);
    }

    public void setAudioEncodingBitRate(int bits) {
        step(3, 3);
    }

    public void setOutputFile(String to) {
        step(3, 4);
        path = to;
    }

    public void prepare() throws IOException {
        step(4, 5);
        if (World.is("microphone taken", false)) {
            throw new IOException("prepare failed");
        }
    }

    public void start() throws IllegalStateException {
        step(5, 6);
        World.say("records");
    }

    public void stop() {
        step(6, 7);
        if (World.is("nothing heard", false)) {
            throw new RuntimeException("stop failed: -1007");
        }
        try (FileOutputStream file = new FileOutputStream(path)) {
            file.write(new byte[] {'m', '4', 'a'});
        } catch (IOException error) {
            throw new RuntimeException(error);
        }
    }

    public void release() {
        World.say("recorder released");
    }

    public static final class AudioSource {
        public static final int MIC = 1;
    }
}
