package android.hardware;

import android.os.Handler;

import stub.World;

public class SensorManager {
    public static SensorEventListener last = null;

    public Sensor getDefaultSensor(int kind) {
        return World.missing.contains("sensor " + kind) ? null : new Sensor();
    }

    public boolean registerListener(
            SensorEventListener listener, Sensor sensor, int periodMicros, int latencyMicros, Handler handler) {
        World.say("sensor " + periodMicros + " " + latencyMicros);
        last = listener;
        return true;
    }

    /** A hand that shakes: `count` readings at 50 Hz on a thread of its own; waits for them. */
    public static void shake(int count) throws InterruptedException {
        SensorEventListener to = last;
        Thread thread = new Thread(() -> {
            for (int i = 0; i < count; i++) {
                to.onSensorChanged(new SensorEvent(1_000_000_000L + i * 20_000_000L, i, -i, 9.81f));
            }
        });
        thread.start();
        thread.join();
    }

    /** One reading of a sensor with one value. */
    public static void press(long nanos, float value) throws InterruptedException {
        SensorEventListener to = last;
        Thread thread = new Thread(() -> to.onSensorChanged(new SensorEvent(nanos, value)));
        thread.start();
        thread.join();
    }
}
