package android.location;

import android.os.Looper;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import stub.World;

public class LocationManager {
    private static LocationListener last = null;

    public List<String> getAllProviders() {
        List<String> all = new ArrayList<>(Arrays.asList("passive", "gps", "network", "fused"));
        all.removeAll(World.missing);
        return all;
    }

    public boolean isLocationEnabled() {
        return World.is("location on", true);
    }

    public void requestLocationUpdates(
            String provider, long millis, float metres, LocationListener listener, Looper looper) {
        if (looper == null) {
            throw new IllegalArgumentException("invalid null looper");
        }
        World.need(provider.equals("gps") ? "ACCESS_FINE_LOCATION" : "ACCESS_COARSE_LOCATION");
        World.say("updates " + provider + " " + millis + " " + metres);
        last = listener;
    }

    public void removeUpdates(LocationListener listener) {
        World.say("no updates");
    }

    /** A fix that is `ageMillis` old, alone or (as since Android 12) in a list. */
    public static void fix(String provider, long ageMillis, boolean isBare, boolean inList)
            throws InterruptedException {
        Location made = new Location(
                provider, 37.39431234567, 126.95681234567, System.nanoTime() - ageMillis * 1_000_000L, isBare);
        LocationListener to = last;
        Thread thread = new Thread(() -> {
            if (inList) {
                to.onLocationChanged(Arrays.asList(made, made));
            } else {
                to.onLocationChanged(made);
            }
            to.onProviderDisabled(provider);
            to.onProviderEnabled(provider);
            to.onFlushComplete(1);
            to.onStatusChanged(provider, 1, null);
        });
        thread.start();
        thread.join();
    }
}
