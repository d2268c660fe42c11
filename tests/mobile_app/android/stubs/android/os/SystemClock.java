package android.os;

public class SystemClock {
    public static long elapsedRealtimeNanos() {
        return System.nanoTime();
    }
}
