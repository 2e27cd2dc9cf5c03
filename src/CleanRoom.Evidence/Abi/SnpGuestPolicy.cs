namespace CleanRoom.Evidence.Abi;

/// <summary>POLICY of a SEV-SNP guest: what its owner allowed the host at launch (AMD 56860 §4.3).</summary>
/// <param name="Value">The 64 bits.</param>
internal readonly record struct SnpGuestPolicy(ulong Value)
{
    /// <summary>Bits that the format reserves: 63 to 26. Bit 17 is reserved too, but must be one.</summary>
    public const ulong ReservedZero = ~0x3FFFFFFUL;

    private const int SmtBit = 16;
    private const int ReservedOneBit = 17;
    private const int MigrateBit = 18;
    private const int DebugBit = 19;
    private const int SingleSocketBit = 20;
    private const int CxlBit = 21;

    /// <summary>Least minor version of the firmware's interface.</summary>
    public byte AbiMinor => (byte)Value;

    /// <summary>Least major version of the firmware's interface.</summary>
    public byte AbiMajor => (byte)(Value >> 8);

    /// <summary>The reserved bits are as the format says.</summary>
    public bool IsWellFormed => (Value & ReservedZero) == 0 && Has(ReservedOneBit);

    /// <summary>Simultaneous multithreading is allowed.</summary>
    public bool Smt => Has(SmtBit);

    /// <summary>A migration agent may move the guest.</summary>
    public bool MigrationAgent => Has(MigrateBit);

    /// <summary>The host may read and change the guest.</summary>
    public bool Debug => Has(DebugBit);

    /// <summary>The guest runs on one socket only.</summary>
    public bool SingleSocket => Has(SingleSocketBit);

    /// <summary>CXL devices are allowed.</summary>
    public bool Cxl => Has(CxlBit);

    /// <summary>Tells whether all bits of a mask are set.</summary>
    public bool HasAll(ulong mask) => (Value & mask) == mask;

    private bool Has(int bit) => (Value >> bit & 1) != 0;
}
