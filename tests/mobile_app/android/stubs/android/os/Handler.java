package android.os;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

public class Handler {
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread made = new Thread(work, "handler");
        made.setDaemon(true);
        return made;
    });
    private final Map<Integer, Future<?>> waiting = new ConcurrentHashMap<>();

    private final Looper looper;

    public Handler(Looper looper) {
        if (looper == null) {
            throw new NullPointerException("looper of a thread that was not started");
        }
        this.looper = looper;
    }

    public final Looper getLooper() {
        return looper;
    }

    public boolean post(Runnable work) {
        return postDelayed(work, 0);
    }

    public boolean postDelayed(Runnable work, long millis) {
        waiting.put(work.hashCode(), thread.schedule(work, millis, TimeUnit.MILLISECONDS));
        return true;
    }

    public void removeCallbacks(Runnable work) {
        Future<?> found = waiting.remove(work.hashCode());
        if (found != null) {
            found.cancel(false);
        }
    }
}
