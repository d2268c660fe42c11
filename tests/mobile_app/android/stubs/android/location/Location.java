package android.location;

public class Location {
    private final String provider;
    private final double lat;
    private final double lon;
    private final long nanos;
    private final boolean isBare;

    public Location(String provider, double lat, double lon, long nanos, boolean isBare) {
        this.provider = provider;
        this.lat = lat;
        this.lon = lon;
        this.nanos = nanos;
        this.isBare = isBare;
    }

    public double getLatitude() {
        return lat;
    }

    public double getLongitude() {
        return lon;
    }

    public boolean hasAccuracy() {
        return !isBare;
    }

    public float getAccuracy() {
        return isBare ? 0f : 12.34f;
    }

    public boolean hasSpeed() {
        return !isBare;
    }

    public float getSpeed() {
        return isBare ? 0f : 1.256f;
    }

    public boolean hasBearing() {
        return !isBare;
    }

    public float getBearing() {
        return isBare ? 0f : 271.04f;
    }

    public String getProvider() {
        return provider;
    }

    public long getElapsedRealtimeNanos() {
        return nanos;
    }
}
