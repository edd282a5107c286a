"""The networks of the gradient cases: the architectures people have, in torchvision's own classes where those can be made narrow and
shallow, else written small with its blocks. Evaluation only; make_cases.py gives them their weights."""

from functools import partial

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import DenseNet, EfficientNet, MobileNetV2, MobileNetV3, RegNet, ShuffleNetV2
from torchvision.models.convnext import CNBlockConfig, ConvNeXt
from torchvision.models.efficientnet import MBConvConfig
from torchvision.models.googlenet import Inception
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.regnet import BlockParams
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.models.squeezenet import Fire
from torchvision.models.vgg import make_layers

CLASSES = 10


def networks():
    """Name to (module, shape of x, whether it classifies, opset)."""
    return {
        "net-resnet-basic": (ResNet(BasicBlock, [8, 12, 16]), (1, 3, 32, 32), True, 13),
        "net-resnet-bottleneck": (ResNet(Bottleneck, [4, 6, 8]), (1, 3, 33, 31), True, 13),
        "net-vgg": (VGG(), (1, 3, 32, 32), True, 13),
        "net-mobilenet-v2": (mobilenet_v2(), (1, 3, 32, 32), True, 13),
        "net-mobilenet-v3": (mobilenet_v3(), (1, 3, 32, 32), True, 14),
        "net-shufflenet-v2": (ShuffleNetV2([1, 2, 1], [8, 12, 16, 24, 32], num_classes=CLASSES), (1, 3, 32, 32), True, 13),
        "net-squeezenet": (SqueezeNet(), (1, 3, 39, 38), True, 13),
        "net-densenet": (densenet(), (1, 3, 32, 32), True, 13),
        "net-googlenet": (GoogLeNet(), (1, 3, 32, 32), True, 13),
        "net-inception-v3": (InceptionV3(), (1, 3, 35, 35), True, 13),
        "net-efficientnet": (efficientnet(), (1, 3, 32, 32), True, 13),
        "net-regnet": (regnet(), (1, 3, 32, 32), True, 13),
        "net-convnext": (convnext(), (1, 3, 32, 32), True, 13),
        "net-convnext-17": (convnext(), (1, 3, 32, 32), True, 17),
        "net-xception": (Xception(), (1, 3, 32, 32), True, 13),
        "net-unet": (UNet(), (1, 3, 32, 32), False, 13),
        "net-segmentation": (Segmentation(), (1, 3, 32, 36), False, 13),
    }


def conv_bn_relu(inputs, outputs, kernel, **options):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, bias=False, **options), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class ResNet(nn.Module):
    """torchvision's stem and blocks: a stage per width, the later ones at half the size of the one before."""

    def __init__(self, block, widths):
        super().__init__()
        channels = 8
        self.conv1 = nn.Conv2d(3, channels, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        stages = []
        for i, width in enumerate(widths):
            outputs, stride = width * block.expansion, 2 if i > 0 else 1
            downsample = nn.Sequential(nn.Conv2d(channels, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            stages.append(nn.Sequential(block(channels, width, stride, downsample), block(outputs, width)))
            channels = outputs
        self.layers = nn.Sequential(*stages)
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.fc(F.adaptive_avg_pool2d(self.layers(x), 1).flatten(1))


class VGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = make_layers([6, 6, "M", 8, 8, "M", 12, 12, "M"])
        self.classifier = nn.Sequential(nn.Linear(12 * 16, 24), nn.ReLU(True), nn.Dropout(), nn.Linear(24, CLASSES))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def mobilenet_v2():
    # Expansion, channels, blocks, stride; widths are a quarter of these.
    settings = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 2, 2], [6, 64, 1, 2]]
    model = MobileNetV2(CLASSES, width_mult=0.25, inverted_residual_setting=settings, round_nearest=4)
    # The last 1 × 1 convolution has 1280 channels at any width below 1.
    model.features[-1][0] = nn.Conv2d(16, 40, 1, bias=False)
    model.features[-1][1] = nn.BatchNorm2d(40)
    model.classifier[1] = nn.Linear(40, CLASSES)
    return model


def mobilenet_v3():
    row = partial(InvertedResidualConfig, width_mult=1)
    settings = [
        # Inputs, kernel, expanded, outputs, squeeze-excite, activation, stride, dilation.
        row(8, 3, 8, 8, True, "RE", 2, 1),
        row(8, 3, 24, 12, False, "RE", 2, 1),
        row(12, 5, 24, 12, True, "HS", 1, 1),
        row(12, 5, 32, 16, True, "HS", 2, 1),
    ]
    return MobileNetV3(settings, 32, num_classes=CLASSES)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1's order of layers, with pools that round up."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 3, stride=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(12, 4, 8, 8),
            Fire(16, 4, 8, 8),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(16, 6, 12, 12),
            Fire(24, 6, 12, 12),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(24, 8, 16, 16),
        )
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(32, CLASSES, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


def densenet():
    return DenseNet(growth_rate=4, block_config=(2, 3, 2), num_init_features=8, bn_size=2, num_classes=CLASSES)


class GoogLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        first = conv_bn_relu(3, 8, 7, stride=2, padding=3)
        self.stem = nn.Sequential(first, nn.MaxPool2d(3, 2, ceil_mode=True), conv_bn_relu(8, 12, 3, padding=1))
        self.inception3 = Inception(12, 4, 4, 8, 2, 4, 4)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4 = Inception(20, 8, 6, 8, 2, 4, 4)
        self.fc = nn.Linear(24, CLASSES)

    def forward(self, x):
        x = self.inception4(self.pool(self.inception3(self.stem(x))))
        return self.fc(F.dropout(F.adaptive_avg_pool2d(x, 1).flatten(1), 0.2, self.training))


class InceptionV3(nn.Module):
    """Inception v3's kinds of block once each: average pools at stride 1, factorized 7 × 7, reductions by stride, split ends."""

    def __init__(self):
        super().__init__()
        block = conv_bn_relu
        self.stem = nn.Sequential(block(3, 6, 3, stride=2), block(6, 8, 3), nn.MaxPool2d(3, 1))
        self.a1 = block(8, 4, 1)
        self.a5 = nn.Sequential(block(8, 3, 1), block(3, 4, 5, padding=2))
        self.a3 = nn.Sequential(block(8, 4, 1), block(4, 6, 3, padding=1), block(6, 6, 3, padding=1))
        self.a_pool = block(8, 4, 1)
        self.b3 = block(18, 6, 3, stride=2)
        self.b3twice = nn.Sequential(block(18, 4, 1), block(4, 6, 3, padding=1), block(6, 6, 3, stride=2))
        self.c7 = nn.Sequential(block(30, 6, 1), block(6, 6, (1, 7), padding=(0, 3)), block(6, 8, (7, 1), padding=(3, 0)))
        self.c1 = block(30, 6, 1)
        self.c_pool = block(30, 6, 1)
        self.e = block(20, 8, 1)
        self.e_wide = block(8, 8, (1, 3), padding=(0, 1))
        self.e_high = block(8, 8, (3, 1), padding=(1, 0))
        self.fc = nn.Linear(16, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([self.a1(x), self.a5(x), self.a3(x), self.a_pool(F.avg_pool2d(x, 3, 1, 1))], 1)
        x = torch.cat([self.b3(x), self.b3twice(x), F.max_pool2d(x, 3, 2)], 1)
        x = torch.cat([self.c7(x), self.c1(x), self.c_pool(F.avg_pool2d(x, 3, 1, 1))], 1)
        x = self.e(x)
        x = torch.cat([self.e_wide(x), self.e_high(x)], 1)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def efficientnet():
    row = partial(MBConvConfig, width_mult=1.0, depth_mult=1.0)
    # Expansion, kernel, stride, inputs, outputs, blocks.
    settings = [row(1, 3, 1, 8, 8, 1), row(3, 3, 2, 8, 8, 2), row(3, 5, 2, 8, 16, 1)]
    return EfficientNet(settings, dropout=0.2, num_classes=CLASSES)


def regnet():
    stages = {"depths": [1, 2, 1], "widths": [8, 16, 24], "group_widths": [4, 8, 8], "strides": [2, 2, 2]}
    blocks = BlockParams(**stages, bottleneck_multipliers=[1.0, 1.0, 1.0], se_ratio=0.25)
    return RegNet(blocks, num_classes=CLASSES, stem_width=8)


def convnext():
    settings = [CNBlockConfig(8, 12, 1), CNBlockConfig(12, 16, 2), CNBlockConfig(16, None, 1)]
    return ConvNeXt(settings, num_classes=CLASSES)


class Xception(nn.Module):
    """Separable convolutions under a strided shortcut."""

    def __init__(self):
        super().__init__()
        self.stem = conv_bn_relu(3, 8, 3, stride=2)
        self.shortcut = nn.Sequential(nn.Conv2d(8, 16, 1, stride=2, bias=False), nn.BatchNorm2d(16))
        self.body = nn.Sequential(self.separable(8, 16), nn.ReLU(), self.separable(16, 16), nn.MaxPool2d(3, 2, padding=1))
        self.exit = nn.Sequential(nn.ReLU(), self.separable(16, 24), nn.ReLU())
        self.fc = nn.Linear(24, CLASSES)

    @staticmethod
    def separable(inputs, outputs):
        depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        return nn.Sequential(depthwise, nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        x = self.stem(x)
        x = self.exit(self.body(x) + self.shortcut(x))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class UNet(nn.Module):
    """Two levels; what went down is joined to what comes up."""

    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.bottom = self.block(3, 6), self.block(6, 10), self.block(10, 16)
        self.up2, self.join2 = nn.ConvTranspose2d(16, 10, 2, stride=2), self.block(20, 10)
        self.up1, self.join1 = nn.ConvTranspose2d(10, 6, 2, stride=2), self.block(12, 6)
        self.head = nn.Conv2d(6, 1, 1)

    @staticmethod
    def block(inputs, outputs):
        return nn.Sequential(conv_bn_relu(inputs, outputs, 3, padding=1), conv_bn_relu(outputs, outputs, 3, padding=1))

    def forward(self, x):
        one = self.down1(x)
        two = self.down2(F.max_pool2d(one, 2))
        x = self.bottom(F.max_pool2d(two, 2))
        x = self.join2(torch.cat([two, self.up2(x)], 1))
        x = self.join1(torch.cat([one, self.up1(x)], 1))
        return torch.sigmoid(self.head(x))


class Segmentation(nn.Module):
    """Dilated branches and pooled context, as in DeepLab v3; scores are scaled up bilinearly, twice."""

    def __init__(self):
        super().__init__()
        self.stem = conv_bn_relu(3, 8, 3, stride=2, padding=1)
        self.deep = nn.Sequential(conv_bn_relu(8, 12, 3, stride=2, padding=1), conv_bn_relu(12, 12, 3, padding=2, dilation=2))
        self.near = conv_bn_relu(12, 6, 1)
        self.far = conv_bn_relu(12, 6, 3, padding=3, dilation=3)
        self.context = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 6, 1), nn.ReLU())
        self.project = conv_bn_relu(18, 8, 1)
        self.head = nn.Conv2d(16, 2, 3, padding=1)

    def forward(self, x):
        low = self.stem(x)
        x = self.deep(low)
        context = self.context(x).expand(-1, -1, 8, 9)
        x = self.project(torch.cat([self.near(x), self.far(x), context], 1))
        x = F.interpolate(x, size=(16, 18), mode="bilinear", align_corners=False)
        x = self.head(torch.cat([low, x], 1))
        return F.interpolate(x, size=(32, 36), mode="bilinear", align_corners=True)
