package android.hardware.camera2;

import android.hardware.camera2.params.StreamConfigurationMap;

public final class CameraCharacteristics {
    public static final int LENS_FACING_FRONT = 0;
    public static final int LENS_FACING_BACK = 1;
    public static final Key<Integer> LENS_FACING = new Key<>();
    public static final Key<Boolean> FLASH_INFO_AVAILABLE = new Key<>();
    public static final Key<StreamConfigurationMap> SCALER_STREAM_CONFIGURATION_MAP = new Key<>();

    private final boolean isFront;

    CameraCharacteristics(boolean isFront) {
        this.isFront = isFront;
    }

    @SuppressWarnings("unchecked")
    public <T> T get(Key<T> key) {
        Object found = null;
        if (key == LENS_FACING) {
            found = isFront ? LENS_FACING_FRONT : LENS_FACING_BACK;
        } else if (key == FLASH_INFO_AVAILABLE) {
            found = !isFront;
        } else {
            found = new StreamConfigurationMap();
        }
        return (T) found;
    }

    public static final class Key<T> {}
}
