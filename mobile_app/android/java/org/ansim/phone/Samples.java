package org.ansim.phone;

import android.hardware.Sensor;
import android.hardware.SensorEvent;
import android.hardware.SensorEventListener;

/**
 * Sensor readings handed to Python some at a time: a call into Python costs many times what the reading itself does.
 * Each reading is its time in seconds (the sensor's clock) and `width` values.
 */
public class Samples implements SensorEventListener {
    public interface Taken {
        void taken(double[] readings);
    }

    private final Taken taken;
    private final int width;
    private final long batchNanos;
    private final double[] waiting;
    private int count = 0;
    private long firstNanos = 0;

    /** At most `most` readings, and none older than `batchMillis` when the next one comes. */
    public Samples(Taken taken, int width, int most, int batchMillis) {
        this.taken = taken;
        this.width = width;
        this.batchNanos = batchMillis * 1_000_000L;
        this.waiting = new double[most * (width + 1)];
    }

    @Override
    public void onSensorChanged(SensorEvent event) {
        if (count == 0) {
            firstNanos = event.timestamp;
        }
        waiting[count++] = event.timestamp * 1e-9;
        for (int i = 0; i < width; i++) {
            waiting[count++] = event.values[i];
        }
        if (count == waiting.length || event.timestamp - firstNanos >= batchNanos) {
            double[] out = new double[count];
            System.arraycopy(waiting, 0, out, 0, count);
            count = 0;
            taken.taken(out);
        }
    }

    @Override
    public void onAccuracyChanged(Sensor sensor, int accuracy) {}
}
