using System.Collections.Immutable;

namespace CleanRoom.Evidence.Abi;

/// <summary>Where the components of a SEV-SNP TCB_VERSION stand: byte offsets; −1 if the layout lacks the component.</summary>
/// <param name="StructVersion">The structVersion of certificates that go with it.</param>
/// <param name="Fmc">Offset of the FMC's security version.</param>
/// <param name="Bootloader">Offset of the boot loader's.</param>
/// <param name="Tee">Offset of the secure processor's operating system's.</param>
/// <param name="Snp">Offset of the SNP firmware's.</param>
/// <param name="Microcode">Offset of the microcode's.</param>
internal sealed record SnpTcbLayout(int StructVersion, int Fmc, int Bootloader, int Tee, int Snp, int Microcode)
{
    /// <summary>Milan and Genoa.</summary>
    public static SnpTcbLayout First { get; } = new(0, Fmc: -1, Bootloader: 0, Tee: 1, Snp: 6, Microcode: 7);

    /// <summary>From Turin on.</summary>
    public static SnpTcbLayout Second { get; } = new(1, Fmc: 0, Bootloader: 1, Tee: 2, Snp: 3, Microcode: 7);
}

/// <summary>
/// A generation of AMD processors, and what differs between them: one row of a table, so that the next one is a row and not a branch.
/// Sources: AMD 56860 (SEV-SNP firmware ABI) §2.2, 57230 (VCEK certificate and KDS interface); the CPUID ranges as of PPRs.
/// </summary>
internal sealed class SnpGeneration
{
    private readonly ImmutableArray<(byte Family, byte First, byte Last)> _models;

    private SnpGeneration(string name, SnpTcbLayout layout, int chipIdSize, ulong platformBits, ImmutableArray<(byte Family, byte First, byte Last)> models)
    {
        Name = name;
        Layout = layout;
        ChipIdSize = chipIdSize;
        PlatformBits = platformBits;
        _models = models;
    }

    /// <summary>All that this build knows.</summary>
    public static ImmutableArray<SnpGeneration> All { get; } =
    [
        new("Milan", SnpTcbLayout.First, 64, 0xBF, [(0x19, 0x00, 0x0F)]),
        new("Genoa", SnpTcbLayout.First, 64, 0xBF, [(0x19, 0x10, 0x1F), (0x19, 0xA0, 0xAF)]),

        // Bit 6 of PLATFORM_INFO is set in reports of production Turin machines.
        new("Turin", SnpTcbLayout.Second, 8, 0xFF, [(0x1A, 0x00, 0x11)]),
    ];

    /// <summary>AMD's name, as in its authorities' common names.</summary>
    public string Name { get; }

    /// <summary>Layout of TCB_VERSION.</summary>
    public SnpTcbLayout Layout { get; }

    /// <summary>Bytes of the hardware id in certificates; the rest of CHIP_ID is zero.</summary>
    public int ChipIdSize { get; }

    /// <summary>Bits of PLATFORM_INFO that are known or seen on production machines.</summary>
    public ulong PlatformBits { get; }

    /// <summary>Finds the generation of a processor, or null.</summary>
    public static SnpGeneration? OfProcessor(byte family, byte model) =>
        All.FirstOrDefault(generation => generation._models.Any(range => range.Family == family && model >= range.First && model <= range.Last));

    /// <summary>Finds the generation of a certificate's product name (<c>Milan</c>, <c>Milan-B0</c>), or null.</summary>
    public static SnpGeneration? OfProduct(string product)
    {
        var name = product.Split('-', 2)[0];
        return All.FirstOrDefault(generation => generation.Name == name);
    }
}
