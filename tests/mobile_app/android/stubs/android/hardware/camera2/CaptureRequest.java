package android.hardware.camera2;

import android.view.Surface;

public final class CaptureRequest {
    public static final class Builder {
        public void addTarget(Surface target) {}

        public CaptureRequest build() {
            return new CaptureRequest();
        }
    }
}
