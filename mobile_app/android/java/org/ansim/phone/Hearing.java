package org.ansim.phone;

import android.media.AudioFormat;
import android.media.AudioRecord;
import android.media.MediaRecorder;

/** The microphone as int16 mono, some 100 ms at a time, on a thread of its own. Nothing is kept here. */
public class Hearing implements Runnable {
    public interface Heard {
        void heard(byte[] samples);
    }

    private final Heard heard;
    private final int rateHz;
    private AudioRecord record = null;
    private Thread thread = null;
    private volatile boolean wanted = false;

    public Hearing(Heard heard, int rateHz) {
        this.heard = heard;
        this.rateHz = rateHz;
    }

    /** False: no permission, a call, or another recording has the microphone. */
    public synchronized boolean start() {
        if (wanted) {
            return true;
        }
        int least = AudioRecord.getMinBufferSize(rateHz, AudioFormat.CHANNEL_IN_MONO, AudioFormat.ENCODING_PCM_16BIT);
        if (least <= 0) {
            return false;
        }
        try {
            record = new AudioRecord(MediaRecorder.AudioSource.MIC, rateHz, AudioFormat.CHANNEL_IN_MONO,
                    AudioFormat.ENCODING_PCM_16BIT, Math.max(least, rateHz));
            record.startRecording();
        } catch (RuntimeException refused) { // SecurityException, IllegalStateException, IllegalArgumentException
            release();
            return false;
        }
        if (record.getRecordingState() != AudioRecord.RECORDSTATE_RECORDING) {
            release();
            return false;
        }
        wanted = true;
        thread = new Thread(this, "hearing");
        thread.start();
        return true;
    }

    public void stop() {
        Thread ending;
        synchronized (this) {
            wanted = false;
            ending = thread;
            thread = null;
        }
        if (ending != null && ending != Thread.currentThread()) {
            try {
                ending.join(1000);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (this) {
            release();
        }
    }

    private void release() {
        if (record != null) {
            record.release();
            record = null;
        }
    }

    @Override
    public void run() {
        byte[] buffer = new byte[rateHz / 10 * 2];
        AudioRecord from = record;
        while (wanted && from != null) {
            int read = from.read(buffer, 0, buffer.length);
            if (read <= 0) {
                break;
            }
            byte[] out = new byte[read];
            System.arraycopy(buffer, 0, out, 0, read);
            heard.heard(out);
        }
    }
}
