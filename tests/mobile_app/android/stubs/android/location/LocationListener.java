package android.location;

import android.os.Bundle;

import java.util.List;

public interface LocationListener {
    void onLocationChanged(Location location);

    default void onLocationChanged(List<Location> locations) {
        for (Location each : locations) {
            onLocationChanged(each);
        }
    }

    default void onFlushComplete(int code) {}

    default void onStatusChanged(String provider, int status, Bundle extras) {}

    default void onProviderEnabled(String provider) {}

    default void onProviderDisabled(String provider) {}
}
